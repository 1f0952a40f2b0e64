package io.adapterworks.model;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;

/**
 * Rotary position embedding (Su et al. 2021, arXiv:2104.09864).
 *
 * @param theta the base of the frequencies
 * @param scaling how frequencies are stretched beyond the length trained on
 */
public record Rope(double theta, Scaling scaling) {
  /** How frequencies are stretched. */
  public sealed interface Scaling {}

  /** Not at all. */
  public record Unscaled() implements Scaling {}

  /**
   * Llama 3.1's: low frequencies are divided by {@code factor}, high ones kept, those between
   * blended (Grattafiori et al. 2024, arXiv:2407.21783).
   *
   * @param original the positions trained on
   */
  public record Llama3(double factor, double lowFrequency, double highFrequency, int original)
      implements Scaling {
    public Llama3 {
      Check.that(
          factor > 0 && highFrequency > lowFrequency && lowFrequency > 0 && original > 0,
          ErrorCode.MODEL,
          "llama3 rope with factor=%s, low_freq_factor=%s, high_freq_factor=%s,"
              + " original_max_position_embeddings=%d; expected positive values, low below high",
          factor,
          lowFrequency,
          highFrequency,
          original);
    }
  }

  public Rope {
    Check.that(theta > 0, ErrorCode.MODEL, "rope_theta=%s; expected more than 0", theta);
  }

  /** The D/2 angles, in radians, by which one position turns each pair of a head of width D. */
  public double[] frequencies(int headDim) {
    double[] frequencies = new double[headDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = scale(Math.pow(theta, -2.0 * i / headDim));
    }
    return frequencies;
  }

  private double scale(double frequency) {
    if (!(scaling instanceof Llama3 llama3)) {
      return frequency;
    }
    double wavelength = 2 * Math.PI / frequency;
    if (wavelength > llama3.original / llama3.lowFrequency) {
      return frequency / llama3.factor;
    }
    if (wavelength < llama3.original / llama3.highFrequency) {
      return frequency;
    }
    double keep =
        (llama3.original / wavelength - llama3.lowFrequency)
            / (llama3.highFrequency - llama3.lowFrequency);
    return (1 - keep) * frequency / llama3.factor + keep * frequency;
  }

  /**
   * The table that an engine rotates by: for each position the cosines of the D/2 angles, then
   * their sines; (positions, D).
   */
  public float[] table(int positions, int headDim) {
    double[] frequencies = frequencies(headDim);
    float[] table = new float[Math.multiplyExact(positions, headDim)];
    for (int position = 0; position < positions; position++) {
      for (int i = 0; i < frequencies.length; i++) {
        // Hugging Face forms the angle in float32; far positions differ visibly otherwise.
        float angle = (float) position * (float) frequencies[i];
        table[position * headDim + i] = (float) Math.cos(angle);
        table[position * headDim + frequencies.length + i] = (float) Math.sin(angle);
      }
    }
    return table;
  }
}
