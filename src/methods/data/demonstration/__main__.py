"""`python -m methods.data.demonstration`."""

from methods.data.demonstration.files import main

if __name__ == "__main__":
    main()
