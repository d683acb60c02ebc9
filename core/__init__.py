"""What the functions share. Imports point downwards only; nothing here imports functions/."""
