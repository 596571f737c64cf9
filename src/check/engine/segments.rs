//! A list that grows without moving what it holds, and can forget what came first.

/// How many elements stand together. Chunks of states divide it.
pub(super) const SEGMENT: usize = 1 << 12;

/// Elements by number. Growing takes no more memory than what is added, so that a budget can be kept to the byte.
#[derive(Debug)]
pub(super) struct Segments<T> {
    segments: Vec<Vec<T>>,
    forgotten: usize,
    len: usize,
}

impl<T> Default for Segments<T> {
    fn default() -> Self {
        Self { segments: Vec::new(), forgotten: 0, len: 0 }
    }
}

impl<T: Copy> Segments<T> {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The element with that number, which must be there and not forgotten.
    pub(super) fn get(&self, index: usize) -> T {
        self.segments[index / SEGMENT][index % SEGMENT]
    }

    pub(super) fn push(&mut self, value: T) {
        if self.len.is_multiple_of(SEGMENT) {
            self.segments.push(Vec::with_capacity(SEGMENT));
        }
        self.segments[self.len / SEGMENT].push(value);
        self.len += 1;
    }

    /// Frees the memory of elements before `index`, as far as it can.
    pub(super) fn forget_before(&mut self, index: usize) {
        let done = index / SEGMENT;
        for segment in &mut self.segments[self.forgotten..done] {
            *segment = Vec::new();
        }
        self.forgotten = done;
    }

    /// How much memory it takes.
    pub(super) const fn bytes(&self) -> u64 {
        Self::bytes_of(self.segments.len() - self.forgotten)
    }

    /// How much more it takes when `more` elements are added.
    pub(super) const fn bytes_for(&self, more: usize) -> u64 {
        Self::bytes_of((self.len + more).div_ceil(SEGMENT) - self.segments.len())
    }

    const fn bytes_of(segments: usize) -> u64 {
        (segments * SEGMENT * size_of::<T>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::{SEGMENT, Segments};

    #[test]
    fn elements_keep_their_numbers_while_others_are_forgotten() {
        let mut list = Segments::default();
        let more = 3 * SEGMENT + 1;
        assert_eq!(list.bytes_for(more), (4 * SEGMENT * 8) as u64);
        for value in 0..more as u64 {
            list.push(value);
        }
        assert_eq!((list.len(), list.bytes(), list.bytes_for(1)), (more, (4 * SEGMENT * 8) as u64, 0));
        list.forget_before(2 * SEGMENT + 5);
        assert_eq!(list.bytes(), (2 * SEGMENT * 8) as u64);
        for index in 2 * SEGMENT..more {
            assert_eq!(list.get(index), index as u64);
        }
        list.push(7);
        assert_eq!(list.get(more), 7);
    }
}
