"""Amazon Web Services as a rehearsal has it: moto keeps the rules of its API, and instances are machines on this host.

``service`` runs moto's server beside the engine. Each resource of the plugin asks it by boto3, as the genuine provider
asks AWS. What moto takes no notice of and AWS refuses is refused here; each rule says where it is from.
"""
