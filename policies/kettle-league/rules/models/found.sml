# What the detectors found on an event.

# Bits to the nearest file of the bank; none if nothing is near.
ClipDistance: Optional[int] = BankDistance(bank='clips')
# Bits to the nearest file of a post that was removed, where its removal said what the file is.
ConfirmedDistance: Optional[int] = BankDistance(bank='confirmed')
# Match weight to the best removed profile, in bits; none if there is nothing to compare.
RemovedBits: Optional[float] = ComebackBits()
# Entries of the list that stand in the text.
CheerCount: int = TermMatches(list='cheers')
# The first picture or film of the post, by the platform's id; none if there is none.
FirstMedia: Optional[str] = JsonData(path='$.post.media[0].id', required=False)
