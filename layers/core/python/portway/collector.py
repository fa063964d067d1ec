"""The garbage collector rests while a function starts: the first import of every handler, and the last call.

Importing it has an effect, which nothing else of Portway has: what a start makes is no garbage, and looking through all
of it again and again is a tenth of the start. `settle` takes what is there by then out of every later look.
"""

import gc

gc.disable()


def settle() -> None:
    """The function has started. From now on garbage is collected, of what requests make."""
    gc.freeze()
    gc.enable()
