"""What a notebook uses of Dagbook: magics and a few functions. Costs nothing until it is used."""
