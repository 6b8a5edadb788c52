"""What plugin authors test with: ``pytest --segkit-dist NAME`` runs the contract of every kind on NAME's components.

``segkit.testing.pytest_plugin`` is found by pytest itself once segkit is installed; it imports no torch. The contracts
are plain tests, a file a kind, in ``segkit.testing.contracts``.
"""
