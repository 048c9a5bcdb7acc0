/**
 * Rules that turn a gradient into a step. Plain gradient descent needs none: it adds to the parameters directly.
 * @module
 */

/** Momentum: v ← momentum·v + g, w ← w − rate·v. Clears the gradient. `bytes` is a multiple of 16. */
export function momentumStep(
  parameters: usize,
  gradients: usize,
  velocities: usize,
  bytes: usize,
  rate: f32,
  momentum: f32,
): void {
  for (let byte: usize = 0; byte < bytes; byte += 16) {
    const kept = f32x4.mul(v128.load(velocities + byte), f32x4.splat(momentum));
    const velocity = f32x4.add(kept, v128.load(gradients + byte));
    v128.store(velocities + byte, velocity);
    const step = f32x4.mul(velocity, f32x4.splat(rate));
    v128.store(parameters + byte, f32x4.sub(v128.load(parameters + byte), step));
    v128.store(gradients + byte, f32x4.splat(0));
  }
}

/**
 * Adam (Kingma and Ba, algorithm 1) with m̂ = m / correction1 and v̂ = v / correction2; clears the gradient.
 * `bytes` is a multiple of 16.
 */
export function adamStep(
  parameters: usize,
  gradients: usize,
  firsts: usize,
  seconds: usize,
  bytes: usize,
  rate: f32,
  beta1: f32,
  beta2: f32,
  correction1: f32,
  correction2: f32,
): void {
  for (let byte: usize = 0; byte < bytes; byte += 16) {
    const gradient = v128.load(gradients + byte);
    const first = f32x4.add(
      f32x4.mul(v128.load(firsts + byte), f32x4.splat(beta1)),
      f32x4.mul(gradient, f32x4.splat(1 - beta1)),
    );
    const second = f32x4.add(
      f32x4.mul(v128.load(seconds + byte), f32x4.splat(beta2)),
      f32x4.mul(f32x4.mul(gradient, gradient), f32x4.splat(1 - beta2)),
    );
    v128.store(firsts + byte, first);
    v128.store(seconds + byte, second);
    const root = f32x4.sqrt(f32x4.div(second, f32x4.splat(correction2)));
    const step = f32x4.div(f32x4.div(first, f32x4.splat(correction1)), f32x4.add(root, f32x4.splat(1e-7)));
    v128.store(parameters + byte, f32x4.sub(v128.load(parameters + byte), f32x4.mul(step, f32x4.splat(rate))));
    v128.store(gradients + byte, f32x4.splat(0));
  }
}
