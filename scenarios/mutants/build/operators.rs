//! What each binary operator is replaced with, as in cargo-mutants.
use syn::BinOp;

/// The operators that replace `operator`, which is written as the first of the pair; none if it stays.
pub(crate) fn replacements(operator: &BinOp) -> &'static [&'static str] {
    match operator {
        BinOp::Eq(_) => &["!="],
        BinOp::Ne(_) => &["=="],
        BinOp::And(_) => &["||"],
        BinOp::Or(_) => &["&&"],
        BinOp::Lt(_) => &["==", ">", "<="],
        BinOp::Gt(_) => &["==", "<", ">="],
        BinOp::Le(_) => &[">"],
        BinOp::Ge(_) => &["<"],
        BinOp::Add(_) => &["-", "*"],
        BinOp::AddAssign(_) => &["-=", "*="],
        BinOp::Sub(_) => &["+", "/"],
        BinOp::SubAssign(_) => &["+=", "/="],
        BinOp::Mul(_) => &["+", "/"],
        BinOp::MulAssign(_) => &["+=", "/="],
        BinOp::Div(_) => &["%", "*"],
        BinOp::DivAssign(_) => &["%=", "*="],
        BinOp::Rem(_) => &["/", "+"],
        BinOp::RemAssign(_) => &["/=", "+="],
        BinOp::Shl(_) => &[">>"],
        BinOp::ShlAssign(_) => &[">>="],
        BinOp::Shr(_) => &["<<"],
        BinOp::ShrAssign(_) => &["<<="],
        BinOp::BitAnd(_) => &["|", "^"],
        BinOp::BitAndAssign(_) => &["|="],
        BinOp::BitOr(_) => &["&", "^"],
        BinOp::BitOrAssign(_) => &["&="],
        BinOp::BitXor(_) => &["|", "&"],
        BinOp::BitXorAssign(_) => &["|=", "&="],
        _ => &[],
    }
}
