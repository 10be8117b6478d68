"""A worker of a Dask cluster, with what the pipeline needs of it."""
