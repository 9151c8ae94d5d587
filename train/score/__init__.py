"""A data set of any size -> a table of results, on one machine or a cluster: `python -m train.score --data DATA --out OUT`."""
