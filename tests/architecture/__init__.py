"""What must hold of the code as a whole, whatever it does."""
