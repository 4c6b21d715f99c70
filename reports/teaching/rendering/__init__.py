"""A verification for terminals, for JUnit and GitHub, and as errata."""
