"""The front: what API Gateway, event source mappings and schedules do between the world and the functions."""
