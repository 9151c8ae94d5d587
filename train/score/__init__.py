"""A data set of any size -> a table of results, on one machine or a cluster: `make score`."""
