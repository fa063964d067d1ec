"""The only home of HTTP and of AWS event shapes. One file per protocol; adapters never import each other."""
