//! Numbers and times that a mutant makes half or twice as large.
use std::time::Duration;

/// A number or a time that can be scaled.
pub trait Scale {
    /// Half of it.
    fn half(self) -> Self;
    /// Two times it.
    fn twice(self) -> Self;
}

macro_rules! scale {
    ($($number:ty),*) => {$(
        impl Scale for $number {
            fn half(self) -> Self {
                self / 2
            }

            fn twice(self) -> Self {
                self * 2
            }
        }
    )*};
}

scale!(u32, u64, usize, Duration);

/// A constant, scaled by the mutants with these numbers where one is active; `u16::MAX` is the number of none.
pub fn scaled<T: Scale>(half: u16, twice: u16, value: T, active: impl Fn(u16) -> bool) -> T {
    if half != u16::MAX && active(half) {
        value.half()
    } else if twice != u16::MAX && active(twice) {
        value.twice()
    } else {
        value
    }
}
