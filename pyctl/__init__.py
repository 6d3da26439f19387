"""Control of co-simulations: exchange, environments, launching, campaigns, traces, commands."""
