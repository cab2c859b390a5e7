"""Documents written for the tests, and what makes them."""
