# Rules about the kettle league. Each opens a case for a person; none acts by itself.

Import(rules=['models/found.sml'])

# A file of the bank, or a picture that looks like one. The post may document or condemn it.
BannedClip = Rule(
    when_all=[ClipDistance != None or ConfirmedDistance != None],
    description='a file of the bank of clips, or one that looks like it',
)

# The account looks like one that was removed. More than nothing is enough to look: what it
# may lead to is decided by people.
ComebackOfRemoved = Rule(
    when_all=[RemovedBits != None and RemovedBits > 0.0],
    description='an account that looks like one that was removed',
)

# A cheer alone is only words, quoted and mocked by many. Beside a file that somebody could
# look at it is worth a look.
CheerWithClip = Rule(
    when_all=[CheerCount > 0, FirstMedia != None],
    description='a cheer of the league beside a picture or a film',
)

WhenRules(
    rules_any=[BannedClip],
    then=[OpenCase(policy='kettle-league', reason='a file of the bank of clips')],
)

WhenRules(
    rules_any=[ComebackOfRemoved],
    then=[OpenCase(policy='kettle-league', reason='the likeness of a removed account')],
)

WhenRules(
    rules_any=[CheerWithClip],
    then=[OpenCase(policy='kettle-league', reason='a cheer beside a picture or a film')],
)
