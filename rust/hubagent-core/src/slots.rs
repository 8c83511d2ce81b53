//! A vector whose copies are free: the base of the read-only view.

use std::sync::Arc;

/// Slots in one shared piece: small enough to copy at a write, large enough that the list of pieces
/// stays short (157 pieces for 10,000 entities).
const PIECE: usize = 64;

type Piece<T> = Vec<Option<Arc<T>>>;

/// A sparse vector in shared pieces.
///
/// A clone costs one reference count. The first write to a slot after a clone copies the list of
/// pieces, one piece (both only pointers) and the item; every other slot stays shared.
#[derive(Debug)]
pub struct Slots<T> {
    pieces: Arc<Vec<Arc<Piece<T>>>>,
}

impl<T> Clone for Slots<T> {
    fn clone(&self) -> Self {
        Self {
            pieces: Arc::clone(&self.pieces),
        }
    }
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            pieces: Arc::default(),
        }
    }
}

const fn split(key: u32) -> (usize, usize) {
    (key as usize / PIECE, key as usize % PIECE)
}

impl<T> Slots<T> {
    /// Returns the item in a slot.
    pub fn get(&self, key: u32) -> Option<&T> {
        let (piece, offset) = split(key);
        self.pieces.get(piece)?.get(offset)?.as_deref()
    }

    /// Puts an item into a slot; the vector grows as needed.
    pub fn insert(&mut self, key: u32, item: T) {
        let (piece, offset) = split(key);
        let pieces = Arc::make_mut(&mut self.pieces);
        if pieces.len() <= piece {
            pieces.resize_with(piece + 1, || Arc::new(Piece::new()));
        }
        if let Some(piece) = pieces.get_mut(piece) {
            let piece = Arc::make_mut(piece);
            if piece.len() <= offset {
                piece.resize_with(offset + 1, || None);
            }
            if let Some(slot) = piece.get_mut(offset) {
                *slot = Some(Arc::new(item));
            }
        }
    }

    /// Empties a slot.
    pub fn remove(&mut self, key: u32) {
        let (piece, offset) = split(key);
        if self.get(key).is_some()
            && let Some(piece) = Arc::make_mut(&mut self.pieces).get_mut(piece)
            && let Some(slot) = Arc::make_mut(piece).get_mut(offset)
        {
            *slot = None;
        }
    }

    /// Returns every filled slot, by key.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.pieces
            .iter()
            .enumerate()
            .flat_map(|(number, piece)| {
                piece
                    .iter()
                    .enumerate()
                    .map(move |(offset, slot)| (number * PIECE + offset, slot))
            })
            .filter_map(|(key, slot)| Some((u32::try_from(key).ok()?, slot.as_deref()?)))
    }
}

impl<T: Clone> Slots<T> {
    /// Returns the item in a slot for writing; copied first when a clone still reads it.
    pub fn get_mut(&mut self, key: u32) -> Option<&mut T> {
        let (piece, offset) = split(key);
        let piece = Arc::make_mut(&mut self.pieces).get_mut(piece)?;
        let slot = Arc::make_mut(piece).get_mut(offset)?.as_mut()?;
        Some(Arc::make_mut(slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_does_not_see_later_writes() {
        let mut slots = Slots::default();
        for key in 0..200 {
            slots.insert(key, key);
        }
        let before = slots.clone();
        *slots.get_mut(70).unwrap() = 7;
        slots.insert(500, 5);
        slots.remove(3);
        assert_eq!(before.get(70), Some(&70));
        assert_eq!(before.get(500), None);
        assert_eq!(before.get(3), Some(&3));
        assert_eq!(before.iter().count(), 200);
        assert_eq!(slots.get(70), Some(&7));
        assert_eq!(slots.iter().count(), 200);
        assert_eq!(slots.iter().last(), Some((500, &5)));
    }

    #[test]
    fn a_write_after_a_clone_copies_one_item_only() {
        #[derive(Debug)]
        struct Counted(Arc<()>);
        impl Clone for Counted {
            fn clone(&self) -> Self {
                Self(Arc::clone(&self.0))
            }
        }
        let marks: Vec<_> = (0..100).map(|_| Arc::new(())).collect();
        let mut slots = Slots::default();
        for (key, mark) in (0..).zip(&marks) {
            slots.insert(key, Counted(Arc::clone(mark)));
        }
        let _view = slots.clone();
        slots.get_mut(10).unwrap();
        let copied = marks.iter().filter(|mark| Arc::strong_count(mark) > 2);
        assert_eq!(copied.count(), 1);
    }

    #[test]
    fn empty_slots_are_absent() {
        let mut slots: Slots<u8> = Slots::default();
        assert_eq!(slots.get(0), None);
        assert_eq!(slots.get_mut(u32::MAX), None);
        slots.remove(9);
        slots.insert(9, 1);
        assert_eq!(slots.get(8), None);
        assert_eq!(slots.get(9), Some(&1));
    }
}
