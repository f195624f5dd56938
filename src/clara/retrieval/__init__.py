"""Where compressed passages live and how they are found. Knows nothing of the model that made them."""
