"""What others would do on the same work: the peers of the benchmarks."""
