"""Numbers and arrays as documents print them."""
