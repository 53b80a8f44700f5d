//===- TimelineScript.h - the script in the page of a plan ------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_TIMELINESCRIPT_H
#define PLIMSOLL_COMPILER_PIPELINE_TIMELINESCRIPT_H

namespace plimsoll::pipeline {

/// Finds the peak in the numbers, and shows what is alive at the launch under the mouse.
constexpr const char *kScript = R"js(
const data = JSON.parse(document.getElementById('data').textContent);
const sums = data.names.map((_, i) => data.layers.reduce((sum, layer) => sum + layer.bytes[i], 0));
const peak = sums.indexOf(Math.max(...sums));
const mib = bytes => (bytes / 1048576).toFixed(2) + ' MiB';
function show(i) {
  const parts = data.layers.filter(layer => layer.bytes[i] > 0)
    .map(layer => layer.name + ' ' + mib(layer.bytes[i]));
  document.getElementById('readout').textContent =
    'launch ' + (i + 1) + ', ' + data.names[i] + ': ' + mib(sums[i]) + ' alive: ' + parts.join('; ');
  for (const line of document.querySelectorAll('.cursor')) {
    line.setAttribute('x1', data.left + (i + 0.5) * data.width / sums.length);
    line.setAttribute('x2', line.getAttribute('x1'));
  }
}
document.getElementById('peak').textContent = sums[peak];
document.getElementById('peak').dataset.launch = peak + 1;
show(peak);
for (const picture of document.querySelectorAll('svg'))
  picture.addEventListener('mousemove', event => {
    const at = event.clientX - picture.getBoundingClientRect().left - data.left;
    show(Math.min(sums.length - 1, Math.max(0, Math.floor(at * sums.length / data.width))));
  });
)js";

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_TIMELINESCRIPT_H
