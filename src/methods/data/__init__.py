"""The only room that opens files: editions, raw data, processed data."""
