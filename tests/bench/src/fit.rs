//! How a cost grows: the exponent of the power law that fits points best, on logarithmic axes.

/// The slope of the line of least squares through the logarithms of the points; NaN with fewer than two.
pub fn exponent(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let count = logs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let covariance: f64 = logs.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    covariance / logs.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}

/// The exponent of the last decade: the points from a tenth of the largest size on. A fixed cost bends a curve at its
/// small end, and says nothing of its growth.
pub fn exponent_of_last_decade(points: &[(f64, f64)]) -> f64 {
    let largest = points.iter().map(|(size, _)| *size).fold(0.0, f64::max);
    let last: Vec<_> = points.iter().copied().filter(|(size, _)| *size * 10.001 >= largest).collect();
    exponent(&last)
}

/// The cost of one more of what is counted, between the smallest and the largest size.
pub fn cost_of_one_more(points: &[(f64, f64)]) -> f64 {
    match (points.first(), points.last()) {
        (Some(first), Some(last)) => (last.1 - first.1) / (last.0 - first.0),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(cost: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        [1.0, 10.0, 100.0, 300.0, 1000.0].map(|size| (size, cost(size))).into()
    }

    fn close(value: f64, expected: f64) -> bool {
        (value - expected).abs() < 0.01
    }

    #[test]
    fn powers_are_recovered() {
        assert!(close(exponent(&points(|size| 3.0 * size)), 1.0));
        assert!(close(exponent(&points(|size| 0.5 * size * size)), 2.0));
        assert!(close(exponent(&points(|_| 7.0)), 0.0));
        assert!(exponent(&[(1.0, 1.0)]).is_nan());
    }

    #[test]
    fn fixed_costs_do_not_hide_growth() {
        let fixed = points(|size| 50.0 + size * size);
        assert!(exponent(&fixed) < 1.5);
        assert!(close(exponent_of_last_decade(&fixed), 2.0), "{}", exponent_of_last_decade(&fixed));
        assert!(close(cost_of_one_more(&points(|size| 50.0 + 2.0 * size)), 2.0));
    }
}
