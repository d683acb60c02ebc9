"""What Threadr is measured beside: the same answer to the same request, as it is usually built."""
