//! A cache of bounded size: what was asked for lately is kept, the rest forgotten.

use std::hash::Hash;

use hashbrown::HashMap;

/// Two generations of entries. What is found in the old one moves to the young; when
/// the young one is half the size, it becomes the old and the old is dropped.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    half: usize,
}

impl<K: Copy + Eq + Hash, V: Copy> Cache<K, V> {
    /// Keeps at most `entries_max` entries.
    pub(crate) fn new(entries_max: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half: (entries_max / 2).max(1) }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(*value);
        }
        let value = self.old.remove(key)?;
        self.put(*key, value);
        Some(value)
    }

    pub(crate) fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    /// How many entries [`Cache::put_behind`] takes.
    pub(crate) fn behind_max(&self) -> usize {
        self.half
    }

    /// Puts entries in that nobody asked for yet: they are the first to be forgotten. Where
    /// older ones are kept already, those stay in their place.
    pub(crate) fn put_behind(&mut self, entries: HashMap<K, V>) {
        if self.old.is_empty() && entries.len() <= self.half {
            self.old = entries;
        }
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_holds_more_than_it_may_and_keeps_what_is_used() {
        let mut cache = Cache::new(100);
        for key in 0..10_000u32 {
            cache.put(key, key * 2);
            assert!(cache.get(&0).is_some(), "asked for each time, so kept");
            assert!(cache.young.len() + cache.old.len() <= 101);
        }
        assert_eq!(cache.get(&9_999), Some(19_998));
        assert_eq!(cache.get(&5_000), None);
        cache.remove(&9_999);
        assert_eq!(cache.get(&9_999), None);
    }

    #[test]
    fn what_is_put_behind_is_found_and_forgotten_first() {
        let mut cache = Cache::new(10);
        cache.put(1, 'a');
        cache.put_behind((0..6).map(|key| (key, 'z')).collect());
        assert_eq!(cache.get(&2), None, "more than half");
        cache.put_behind((1..6).map(|key| (key, 'b')).collect());
        assert_eq!((cache.get(&1), cache.get(&2)), (Some('a'), Some('b')));
        cache.put_behind([(9, 'c')].into());
        assert_eq!(cache.get(&9), None, "there are older ones");
        for key in 10..14 {
            cache.put(key, 'd');
        }
        assert_eq!((cache.get(&3), cache.get(&2)), (None, Some('b')));
    }
}
