"""The right values of claims, and whether what is printed fits them."""
