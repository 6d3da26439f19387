"""The ns3-gym wire, agent's side: messages, spaces, codec, channel, session.

``ns3-scenarios/exchange/PROTOCOL.md`` says who sends what when.
"""
