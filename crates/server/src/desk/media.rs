//! Which files a case is about: only those are shown for its sake.
//!
//! Of what is marked nothing stands here but that something is. Left out: the files themselves.

use seawall_model::journal::SubjectSeen;
use seawall_model::knowledge::{FileHash, Known};
use seawall_model::{AccountId, CaseId, EventBody, MediaRef};

use super::{Desk, DeskError, Person, evidence};

impl Desk<'_> {
    /// The files that a case shows: of its post, of its account and what that posted last, of the
    /// removed account that it resembles, of an entry of a bank.
    ///
    /// # Errors
    /// [`DeskError`] if there is no such case, or it cannot be read.
    pub fn files_of(&mut self, id: CaseId) -> Result<Vec<MediaRef>, DeskError> {
        let case = self.case(id)?;
        let mut files = Vec::new();
        match case.subject {
            SubjectSeen::Post { account, .. } => {
                if let Some(event) = self.newest(case)? {
                    files.extend(event.post().into_iter().flat_map(|post| post.media.clone()));
                }
                if let Some(EventBody::Media(item)) = self.event(case.content).map(|e| e.body) {
                    files.push(item.media);
                }
                if let Some(account) = account {
                    files.extend(avatar(self.person(AccountId(account))?));
                }
            }
            SubjectSeen::Account { account } => {
                let account = AccountId(account);
                files.extend(avatar(self.person(account)?));
                for (_, post) in self.posts_of(account)? {
                    files.extend(post.media);
                }
                let resembles = evidence::comebacks(case).first().and_then(|best| best.entry);
                if let Some(entry) = resembles {
                    files.extend(self.file_of_entry(entry)?);
                }
            }
            SubjectSeen::Entry { entry } => files.extend(self.file_of_entry(entry)?),
        }
        Ok(files)
    }

    fn file_of_entry(&self, entry: u64) -> Result<Option<MediaRef>, DeskError> {
        Ok(match self.entry(entry)?.map(|knowledge| knowledge.known) {
            Some(Known::Removed(removed)) => {
                let (sha256, pdq) = (removed.profile.avatar_sha256, removed.profile.avatar_pdq);
                Some(MediaRef { sha256, pdq, ..MediaRef::default() })
            }
            Some(Known::Hash(hash)) => match hash.hash {
                FileHash::Sha256(sha256) => {
                    Some(MediaRef { sha256: Some(sha256), ..MediaRef::default() })
                }
                FileHash::Pdq(_) => None,
            },
            _ => None,
        })
    }
}

fn avatar(person: Person) -> Option<MediaRef> {
    person.avatar
}
