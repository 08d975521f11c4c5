"""What people read: results kept by the jobs, and their rendering. It computes nothing."""
