//! Plots as inline SVG, without words: those stand beside them, in the reader's language.
//!
//! Invariant: axes begin at 0, so that nothing looks larger than it is.

use anyhow::{Result, anyhow};
use plotters::prelude::*;

/// Size of a plot; the page scales it.
const SIZE: (u32, u32) = (560, 230);
/// Colours of the lines, in order: told apart also without colour vision.
pub(super) const COLOURS: [&str; 4] = ["#1f5fa8", "#c2571a", "#3a7d44", "#7a4fa3"];
const RGB: [RGBColor; 4] = [
    RGBColor(0x1f, 0x5f, 0xa8),
    RGBColor(0xc2, 0x57, 0x1a),
    RGBColor(0x3a, 0x7d, 0x44),
    RGBColor(0x7a, 0x4f, 0xa3),
];
const GRID: RGBColor = RGBColor(0xe3, 0xe6, 0xea);
const AXIS: RGBColor = RGBColor(0x8a, 0x93, 0x9e);
const LIMIT: RGBColor = RGBColor(0xb3, 0x26, 0x1e);
const INK: RGBColor = RGBColor(0x3a, 0x42, 0x4c);

/// What is plotted.
pub(super) struct Plot<'a> {
    /// One line each.
    pub(super) lines: &'a [Vec<(f64, f64)>],
    /// Marks each point too.
    pub(super) has_points: bool,
    /// The limit that was not to be crossed.
    pub(super) limit: Option<f64>,
    /// Time that is measured, lighter behind the lines.
    pub(super) window: Option<(f64, f64)>,
}

impl Plot<'_> {
    /// Whether there is anything to see.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.iter().all(Vec::is_empty)
    }

    /// Draws it.
    pub(super) fn draw(&self) -> Result<String> {
        let mut svg = String::new();
        self.draw_into(&mut svg)
            .map_err(|error| anyhow!("a plot: {error}"))?;
        // It scales with the page.
        let fixed = format!("width=\"{}\" height=\"{}\" ", SIZE.0, SIZE.1);
        Ok(svg.replacen(&fixed, "", 1))
    }

    fn draw_into(&self, svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
        let points = || self.lines.iter().flatten();
        let right = points().map(|p| p.0).fold(1.0, f64::max);
        let top = points().map(|p| p.1).fold(0.0, f64::max);
        // A limit far above all is not worth the room.
        let limit = self
            .limit
            .filter(|limit| *limit <= 4.0 * top.max(limit / 4.0));
        let top = 1.15 * top.max(limit.unwrap_or(0.0)).max(1e-3);
        let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin(6)
            .margin_right(14)
            .x_label_area_size(28)
            .y_label_area_size(52)
            .build_cartesian_2d(0.0..right, 0.0..top)?;
        let font = ("sans-serif", 16).into_font().color(&INK);
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(AXIS)
            .label_style(font)
            .x_labels(6)
            .y_labels(5)
            .x_label_formatter(&|x| number(*x))
            .y_label_formatter(&|y| number(*y))
            .draw()?;
        if let Some((from, to)) = self.window {
            let area = Rectangle::new([(from, 0.0), (to.min(right), top)], AXIS.mix(0.12).filled());
            chart.draw_series([area])?;
        }
        if let Some(limit) = limit {
            let style = LIMIT.stroke_width(1);
            let dashes = [(0.0, limit), (right, limit)];
            chart.draw_series(DashedLineSeries::new(dashes, 5, 4, style))?;
        }
        for (line, colour) in self.lines.iter().zip(RGB) {
            let style = colour.stroke_width(2);
            chart.draw_series(LineSeries::new(line.iter().copied(), style))?;
            if self.has_points {
                let dots = line
                    .iter()
                    .map(|point| Circle::new(*point, 3, colour.filled()));
                chart.draw_series(dots)?;
            }
        }
        root.present()?;
        Ok(())
    }
}

/// As short as it can be.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        a if a == 0.0 || a >= 10.0 => 0,
        a if a >= 1.0 => 1,
        a if a >= 0.1 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_axes_are_short() {
        let check = |value, text| assert_eq!(number(value), text);
        check(0.0, "0");
        check(1_500.0, "1500");
        check(2.5, "2.5");
        check(2.0, "2");
        check(0.25, "0.25");
        check(0.015, "0.015");
    }

    #[test]
    fn a_plot_is_an_image_that_scales() {
        let lines = [vec![(0.0, 1.0), (10.0, 2.0)]];
        let plot = Plot {
            lines: &lines,
            has_points: true,
            limit: Some(1.5),
            window: Some((2.0, 8.0)),
        };
        let svg = plot.draw().expect("draws");
        assert!(
            svg.starts_with("<svg ")
                && svg.contains("viewBox")
                && !svg.contains("width=\"560\" height")
        );
        assert!(!plot.is_empty());
    }
}
