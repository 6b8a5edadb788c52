"""What ``segkit new`` writes: whole projects from the templates beside this file. Imports no torch.

``templates/project`` is every plugin's; ``templates/kinds/<kind>`` adds a component of that kind and its test. Their
paths and their texts are those of ``string.Template``.
"""
