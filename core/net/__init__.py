"""What every outgoing client shares."""
