"""IDLA (paper 001): a neural estimator of slice QoS and Lagrangian allocation over it.

``dataset`` makes rows of what was measured, ``training`` fits ``estimator`` to them, ``search``
splits a cell's resource by the estimator's slopes, ``grid`` does by brute force, ``allocator`` puts
them behind the allocator protocol. Equation and section numbers are the paper's.
"""
