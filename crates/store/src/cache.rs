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

    /// How many entries [`Cache::put_all`] takes.
    pub(crate) fn all_max(&self) -> usize {
        self.half
    }

    /// Puts entries in that nobody asked for yet, in one step; what is there already stays.
    ///
    /// Where the young have no room for all, they are the old. Nothing is put in where there are
    /// old ones already, or where it would be more than is kept.
    pub(crate) fn put_all(&mut self, mut entries: HashMap<K, V>) {
        if !self.old.is_empty() || entries.len() > self.half {
            return;
        }
        if self.young.len() + entries.len() <= self.half {
            entries.extend(self.young.drain());
            self.young = entries;
        } else {
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
    fn all_are_put_in_at_once_or_none() {
        let mut cache = Cache::new(10);
        cache.put(1, 'a');
        cache.put_all((2..8).map(|key| (key, 'z')).collect());
        assert_eq!(cache.get(&2), None, "more than are kept");
        cache.put_all((1..5).map(|key| (key, 'b')).collect());
        assert_eq!((cache.get(&1), cache.get(&2)), (Some('a'), Some('b')));
        for key in 10..14 {
            cache.put(key, 'd');
        }
        assert_eq!(cache.get(&2), Some('b'), "the older half");
        cache.put_all([(9, 'c')].into());
        assert_eq!(cache.get(&9), None, "there are older ones");
        let mut cache = Cache::new(10);
        for key in 0..3 {
            cache.put(key, 'a');
        }
        cache.put_all((2..6).map(|key| (key, 'b')).collect());
        assert_eq!((cache.young.len(), cache.old.len()), (3, 4));
        assert_eq!((cache.get(&2), cache.get(&5)), (Some('a'), Some('b')));
    }
}
