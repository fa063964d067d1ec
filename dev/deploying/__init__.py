"""`make deploy` and `make remove`: a thin guide around `sam deploy`. It looks first and says what is missing, shows
what it runs, and puts the page where it belongs. docs/deploying.md describes both for who has an account.
"""
