"""Files to inspect: good ones made with real tools, hostile ones made by script. `python -m dev.corpus` prints how well
they are told apart; tests/security/test_corpus.py demands it.
"""
