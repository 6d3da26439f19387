"""A distributed LSTM: a small exit on the edge, a large one in the cloud, and who decides between.

Ehsanian and Spyropoulos, "Edge/Cloud Slice Resource Allocation for Beyond 5G Networks With
Distributed LSTM". The way data flows:

    demands -> data (windows) -> network.Head -> z, local allocation       on the edge
                                     |   policies: local or remote?
                                     z -> message (bytes) -> network.Tail  in the cloud
                                          -> message (bytes) -> remote allocation

``allocator`` drives scenario ``edge-ddnn`` with it, ``demands`` has the day before a run and the
units, ``fitted`` the files of the policies. ``training`` fits, ``evaluation`` draws the trade-off
between cost and local share. What the paper does not have is marked as ours.
"""
