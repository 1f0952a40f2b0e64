package io.adapterworks.pass;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.tensor.HostTensor;
import java.util.HashMap;
import java.util.Map;

/**
 * A decoder of the Llama family as plain loops in float64, written from the papers and apart from
 * the pass: each token's row by itself, every key seen anew. What a model has (biases, head norms,
 * a vocabulary projection of its own) is told by which tensors there are.
 */
final class PlainLlama {
  /**
   * The sizes of a model.
   *
   * @param frequencies the angle by which one position turns each pair of a head
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Sizes(
      int layers,
      int hidden,
      int heads,
      int kvHeads,
      int headDim,
      double epsilon,
      double[] frequencies) {}

  private final Sizes sizes;
  private final Map<String, double[]> weights = new HashMap<>();
  private final PlainLora lora;

  PlainLlama(Sizes sizes, Iterable<HostTensor> tensors, LoraAdapter adapter) {
    this.sizes = sizes;
    for (HostTensor tensor : tensors) {
      weights.put(tensor.name(), PlainLora.widened(tensor.toFloats()));
    }
    this.lora = new PlainLora(weights, adapter);
  }

  /** The adapter's values, which a test may change. */
  PlainLora lora() {
    return lora;
  }

  /** (T, V): the logits after every token. */
  double[][] logits(int[] ids) {
    double[] table = weights.get("model.embed_tokens.weight");
    double[][] x = new double[ids.length][sizes.hidden];
    for (int t = 0; t < ids.length; t++) {
      System.arraycopy(table, ids[t] * sizes.hidden, x[t], 0, sizes.hidden);
    }
    for (int layer = 0; layer < sizes.layers; layer++) {
      String path = "model.layers." + layer + ".";
      add(attention(path + "self_attn.", norm(x, path + "input_layernorm.weight")), x);
      add(feedForward(path + "mlp.", norm(x, path + "post_attention_layernorm.weight")), x);
    }
    double[][] last = norm(x, "model.norm.weight");
    double[] head = weights.getOrDefault("lm_head.weight", table);
    return PlainLora.multiply(last, head);
  }

  /** The mean cross entropy of the labels that are not negative. */
  double loss(int[] ids, int[] labels) {
    double[][] logits = logits(ids);
    double sum = 0;
    int scored = 0;
    for (int t = 0; t < ids.length; t++) {
      if (labels[t] >= 0) {
        double denominator = 0;
        for (double logit : logits[t]) {
          denominator += Math.exp(logit);
        }
        sum += Math.log(denominator) - logits[t][labels[t]];
        scored++;
      }
    }
    return sum / scored;
  }

  private double[][] attention(String path, double[][] x) {
    double[][] q = linear(path + "q_proj", x);
    double[][] k = linear(path + "k_proj", x);
    double[][] v = linear(path + "v_proj", x);
    int d = sizes.headDim;
    double[][] context = new double[x.length][sizes.heads * d];
    for (int t = 0; t < x.length; t++) {
      for (int h = 0; h < sizes.heads; h++) {
        int shared = h / (sizes.heads / sizes.kvHeads);
        double[] query = rotated(head(q[t], h, path + "q_norm.weight"), t);
        double[] weight = new double[t + 1];
        double sum = 0;
        for (int s = 0; s <= t; s++) {
          double[] key = rotated(head(k[s], shared, path + "k_norm.weight"), s);
          double score = 0;
          for (int i = 0; i < d; i++) {
            score += query[i] * key[i];
          }
          weight[s] = Math.exp(score / Math.sqrt(d));
          sum += weight[s];
        }
        for (int s = 0; s <= t; s++) {
          for (int i = 0; i < d; i++) {
            context[t][h * d + i] += weight[s] / sum * v[s][shared * d + i];
          }
        }
      }
    }
    return linear(path + "o_proj", context);
  }

  private double[] head(double[] row, int head, String norm) {
    double[] own = new double[sizes.headDim];
    System.arraycopy(row, head * sizes.headDim, own, 0, sizes.headDim);
    return weights.containsKey(norm) ? normed(own, weights.get(norm)) : own;
  }

  private double[] rotated(double[] head, int position) {
    int half = head.length / 2;
    double[] turned = new double[head.length];
    for (int i = 0; i < half; i++) {
      double cos = Math.cos(position * sizes.frequencies[i]);
      double sin = Math.sin(position * sizes.frequencies[i]);
      turned[i] = head[i] * cos - head[i + half] * sin;
      turned[i + half] = head[i + half] * cos + head[i] * sin;
    }
    return turned;
  }

  private double[][] feedForward(String path, double[][] x) {
    double[][] gate = linear(path + "gate_proj", x);
    double[][] up = linear(path + "up_proj", x);
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < up[t].length; i++) {
        up[t][i] *= gate[t][i] / (1 + Math.exp(-gate[t][i]));
      }
    }
    return linear(path + "down_proj", up);
  }

  private double[][] linear(String path, double[][] x) {
    return lora.linear(path, x);
  }

  private double[][] norm(double[][] x, String weight) {
    double[][] y = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      y[t] = normed(x[t], weights.get(weight));
    }
    return y;
  }

  private double[] normed(double[] x, double[] weight) {
    double squares = 0;
    for (double value : x) {
      squares += value * value;
    }
    double rms = Math.sqrt(squares / x.length + sizes.epsilon);
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = x[i] / rms * weight[i];
    }
    return y;
  }

  private static void add(double[][] from, double[][] to) {
    for (int t = 0; t < to.length; t++) {
      for (int i = 0; i < to[t].length; i++) {
        to[t][i] += from[t][i];
      }
    }
  }
}
