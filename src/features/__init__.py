"""The team's own feature steps: scikit-learn transformers that ``train.steps`` names.

A step takes the contract's feature columns, or what the step before it made of them, and returns a
table with as many rows. It may not look at the target, and at other rows in fitting only. It is
part of the saved pipeline, so that consumers pass raw columns.
"""
