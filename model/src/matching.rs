//! Matching: which of some claimants get which of some places, as many as possible.
//!
//! The oracle uses it to attribute counts to signals: a signal is a claimant, a count of k signals has k places. It is
//! the augmenting-path search of bipartite matching (Kuhn's algorithm) with capacities. A claimant that has been placed
//! may be moved, but never loses its place; so claimants that are placed first get as many places as possible.

/// Places, by owner, and who has them.
pub(crate) struct Places {
    /// Number of places of each owner.
    capacity: Vec<u32>,
    /// Claimants that have a place of each owner.
    taken: Vec<Vec<usize>>,
}

impl Places {
    pub(crate) fn new(capacity: Vec<u32>) -> Self {
        let taken = vec![Vec::new(); capacity.len()];
        Self { capacity, taken }
    }

    /// Gives `claimant` one place of those owners that `wants` lists for it; false if none can be freed. `wants` has
    /// one list for every claimant.
    pub(crate) fn place(&mut self, claimant: usize, wants: &[Vec<usize>]) -> bool {
        let mut visited = vec![false; self.capacity.len()];
        self.place_unvisited(claimant, wants, &mut visited)
    }

    fn place_unvisited(&mut self, claimant: usize, wants: &[Vec<usize>], visited: &mut [bool]) -> bool {
        for &owner in &wants[claimant] {
            if std::mem::replace(&mut visited[owner], true) {
                continue;
            }
            if self.free(owner) > 0 {
                self.taken[owner].push(claimant);
                return true;
            }
            for index in 0..self.taken[owner].len() {
                let other = self.taken[owner][index];
                if self.place_unvisited(other, wants, visited) {
                    self.taken[owner][index] = claimant;
                    return true;
                }
            }
        }
        false
    }

    /// The claimants that have a place of this owner.
    pub(crate) fn of(&self, owner: usize) -> &[usize] {
        &self.taken[owner]
    }

    /// Number of places of this owner that nobody has.
    pub(crate) fn free(&self, owner: usize) -> u32 {
        self.capacity[owner].saturating_sub(u32::try_from(self.taken[owner].len()).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn a_claimant_makes_room_for_another() {
        let wants = vec![vec![0, 1], vec![0], vec![0, 1]];
        let mut places = Places::new(vec![1, 1]);
        assert!(places.place(0, &wants));
        assert!(places.place(1, &wants), "the first moves to the other owner");
        assert!(!places.place(2, &wants));
        assert_eq!((places.free(0), places.free(1)), (0, 0));
    }

    #[test]
    fn an_owner_has_several_places() {
        let wants = vec![vec![0], vec![0], vec![0]];
        let mut places = Places::new(vec![2]);
        assert_eq!([0, 1, 2].map(|claimant| places.place(claimant, &wants)), [true, true, false]);
    }

    #[test]
    fn as_many_are_placed_as_possible() {
        // Against every assignment of up to four claimants to three owners with one place each.
        for code in 0..8_usize.pow(4) {
            let wants: Vec<Vec<usize>> = (0..4)
                .map(|claimant| (0..3).filter(|owner| code >> (3 * claimant + owner) & 1 == 1).collect())
                .collect();
            let mut places = Places::new(vec![1; 3]);
            let placed = (0..4).filter(|&claimant| places.place(claimant, &wants)).count();
            assert_eq!(placed, most(&wants, 0, 0), "{wants:?}");
        }
    }

    fn most(wants: &[Vec<usize>], claimant: usize, taken: usize) -> usize {
        let Some(wanted) = wants.get(claimant) else { return 0 };
        let with = wanted.iter().filter(|&&owner| taken >> owner & 1 == 0);
        let with = with.map(|owner| 1 + most(wants, claimant + 1, taken | 1 << owner));
        with.chain([most(wants, claimant + 1, taken)]).max().unwrap_or(0)
    }
}
