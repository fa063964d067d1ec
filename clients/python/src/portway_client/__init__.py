"""Send files of any size to a Portway upload backend: resumable, checked, fast.

from portway_client import Client

with Client("https://uploads.example.com", token=my_token) as client:
    file = client.upload("film.mov", category="video")
"""
