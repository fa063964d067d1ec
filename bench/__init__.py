"""Benchmarks. Each prints a peer, a floor and ours from the same run: ratios hold on other machines, times do not."""
