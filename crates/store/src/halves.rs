//! Work on many items at once, on two threads, in order.
//!
//! Sealing and hashing a batch is most of what the log computes; the rest must be done
//! by its one writer.

/// Fewest items worth a second thread.
const HALVES_MIN: usize = 256;

/// Maps items in order, on two threads where there are many.
pub(crate) fn in_halves<T: Sync, U: Send>(items: &[T], map: impl Fn(&T) -> U + Sync) -> Vec<U> {
    if items.len() < HALVES_MIN {
        return items.iter().map(map).collect();
    }
    let (first, second) = items.split_at(items.len() / 2);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| second.iter().map(&map).collect::<Vec<U>>());
        let mut mapped: Vec<U> = first.iter().map(&map).collect();
        match second.join() {
            Ok(second) => mapped.extend(second),
            Err(panic) => std::panic::resume_unwind(panic),
        }
        mapped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_out_is_in_order_whatever_the_number() {
        for number in [0, 1, HALVES_MIN - 1, HALVES_MIN, HALVES_MIN + 1, 10_001] {
            let items: Vec<usize> = (0..number).collect();
            let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(in_halves(&items, |item| item * 2), doubled);
        }
    }
}
