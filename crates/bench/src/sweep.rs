//! How the cost of a packet grows: with receivers, with rooms, with the packet rate. One picture.
//!
//! Invariant: each point is measured as in the table, beside the null forwarder at the same load; a
//! point whose packets did not all arrive is left out and said.

use crate::media::Shape;
use crate::scene::Scene;
use crate::subject::Bench;
use crate::window::measure;
use anyhow::{Result, anyhow};
use plotters::prelude::*;
use std::path::Path;
use std::time::Duration;

/// How long each point is looked at.
const WINDOW: Duration = Duration::from_secs(3);
const QUICK_WINDOW: Duration = Duration::from_secs(1);
/// Listeners of one class.
const CLASS: usize = 29;
/// Size of the picture in pixels.
const PICTURE: (u32, u32) = (1_080, 340);
const OURS: RGBColor = RGBColor(0x1f, 0x5f, 0xbf);
const FLOOR: RGBColor = RGBColor(0x8a, 0x8a, 0x8a);

/// One quantity that grows, and what a packet costs for each of its values.
pub struct Curve {
    /// What grows.
    pub name: &'static str,
    /// Value, our cost and the floor's, in µs of CPU per packet that arrived.
    pub points: Vec<(f64, f64, f64)>,
}

/// Measures all three.
///
/// # Errors
/// When somebody is not let in.
pub fn curves(bench: &mut Bench) -> Result<Vec<Curve>> {
    let receivers = [10, 25, 50, 100, 200, 400, 800];
    let rooms = [1, 2, 5, 10, 20, 40];
    let frames = [5, 10, 15, 30, 60];
    let camera = |frames_per_second| Shape::Video {
        frames_per_second,
        packets_of_five: 31,
        payload_bytes: 950,
    };
    Ok(vec![
        curve(bench, "receivers of one lecture", &receivers, |listeners| {
            Scene::lectures(1, listeners)
        })?,
        curve(bench, "classes of 30", &rooms, |rooms| {
            Scene::lectures(rooms, CLASS)
        })?,
        curve(
            bench,
            "frames a second, 1 \u{2192} 100",
            &frames,
            |frames| Scene::lectures_with(camera(frames as u32), 1, 100),
        )?,
    ])
}

fn curve(
    bench: &mut Bench,
    name: &'static str,
    values: &[usize],
    scene: impl Fn(usize) -> Scene,
) -> Result<Curve> {
    let time = if bench.quick { QUICK_WINDOW } else { WINDOW };
    let mut points = Vec::new();
    for &value in values {
        let scene = scene(value);
        let options = bench.one_worker();
        let subjects = [
            bench.homeroom(&scene, &options)?,
            bench.null_forwarder(&scene)?,
        ];
        let mut costs = Vec::new();
        for subject in &subjects {
            let window = measure(bench, subject, time)?;
            if window.problems.is_empty() {
                costs.push(window.us_per_packet());
            } else {
                eprintln!("{name} {value}: {}", window.problems.join(", "));
            }
        }
        subjects.into_iter().for_each(|subject| bench.end(subject));
        if let [ours, floor] = costs[..] {
            eprintln!("{name} {value}: {ours:.2} \u{b5}s, floor {floor:.2}");
            points.push((value as f64, ours, floor));
        }
    }
    Ok(Curve { name, points })
}

/// Draws the curves side by side into an SVG file.
///
/// # Errors
/// When the file cannot be written.
pub fn draw(curves: &[Curve], file: &Path) -> Result<()> {
    let wrong = |error| anyhow!("cannot draw {}: {error}", file.display());
    let area = SVGBackend::new(file, PICTURE).into_drawing_area();
    area.fill(&WHITE).map_err(|e| wrong(e.to_string()))?;
    let parts = area.split_evenly((1, curves.len().max(1)));
    for (curve, part) in curves.iter().zip(&parts) {
        draw_one(curve, part).map_err(wrong)?;
    }
    area.present().map_err(|e| wrong(e.to_string()))
}

fn draw_one(
    curve: &Curve,
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
) -> Result<(), String> {
    let last = curve.points.iter().map(|p| p.0).fold(1.0, f64::max);
    let most = curve
        .points
        .iter()
        .map(|p| p.1.max(p.2))
        .fold(1.0, f64::max);
    let text = |error: DrawingAreaErrorKind<std::io::Error>| error.to_string();
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(36)
        .build_cartesian_2d(0.0..last * 1.05, 0.0..most * 1.15)
        .map_err(text)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|value| format!("{value:.0}"))
        .x_desc(curve.name)
        .y_desc("\u{b5}s of CPU per packet")
        .draw()
        .map_err(text)?;
    let ours = curve.points.iter().map(|&(x, ours, _)| (x, ours));
    let floor = curve.points.iter().map(|&(x, _, floor)| (x, floor));
    for (points, color, name) in [
        (ours.collect::<Vec<_>>(), OURS, "homeroom"),
        (floor.collect(), FLOOR, "null forwarder"),
    ] {
        let dots = points.clone().into_iter();
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)))
            .map_err(text)?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
        chart
            .draw_series(dots.map(|point| Circle::new(point, 3, color.filled())))
            .map_err(text)?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .draw()
        .map_err(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_drawn_with_their_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("curves.svg");
        let curve = Curve {
            name: "receivers",
            points: vec![(10.0, 4.0, 2.0), (400.0, 2.5, 1.8)],
        };
        draw(&[curve], &file).expect("it draws");
        let svg = std::fs::read_to_string(&file).expect("it is there");
        for word in ["receivers", "homeroom", "null forwarder", "polyline"] {
            assert!(svg.contains(word), "{word}");
        }
    }
}
