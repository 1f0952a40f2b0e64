package io.adapterworks.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Pointer;

/**
 * A oneDNN primitive with its argument list, made once and run on any addresses. Running allocates
 * nothing.
 */
final class Kernel implements AutoCloseable {
  private final dnnl_primitive primitive = new dnnl_primitive();
  private final dnnl_memory[] memories;
  private final long[] addresses;
  private final long[] starts;
  private final dnnl_exec_arg_t arguments;
  private final int operandCount;
  private final long scratchBytes;
  private final dnnl_memory_desc weights;

  Kernel(KernelSpec spec, dnnl_engine engine) {
    List<KernelSpec.Operand> operands = new ArrayList<>(spec.operands());
    List<PostOp> postOps = spec.postOps();
    int own = operands.size();
    int attached = 0;
    for (PostOp postOp : postOps) {
      attached += postOp instanceof PostOp.Bias ? 0 : 1;
      if (postOp instanceof PostOp.Combine combine) {
        int argument = dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * attached | dnnl.DNNL_ARG_SRC_1;
        operands.add(new KernelSpec.Operand(argument, combine.operand()));
      }
    }
    operandCount = operands.size();
    dnnl_memory_desc[] descriptors = new dnnl_memory_desc[operandCount];
    for (int i = 0; i < operandCount; i++) {
      descriptors[i] = operands.get(i).layout().describe();
    }
    dnnl_primitive_attr attributes = attributes(postOps, descriptors, own);
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    DnnlStatus.check(spec.create(description, engine, descriptors, attributes), spec.toString());
    DnnlStatus.check(dnnl.dnnl_primitive_create(primitive, description), spec.toString());
    dnnl_memory_desc scratch =
        dnnl.dnnl_primitive_desc_query_md(description, dnnl.dnnl_query_scratchpad_md, 0);
    scratchBytes = scratch == null ? 0 : dnnl.dnnl_memory_desc_get_size(scratch);
    weights = chosenWeights(spec, description);

    int count = operandCount + (scratchBytes > 0 ? 1 : 0);
    memories = new dnnl_memory[count];
    addresses = new long[count];
    starts = new long[operandCount];
    for (int i = 0; i < operandCount; i++) {
      starts[i] = operands.get(i).layout().start();
    }
    arguments = new dnnl_exec_arg_t(count);
    for (int i = 0; i < count; i++) {
      boolean operand = i < operandCount;
      memories[i] = new dnnl_memory();
      dnnl_memory_desc layout = operand ? descriptors[i] : scratch;
      if (i == 1 && weights != null) {
        layout = weights;
      }
      DnnlStatus.check(
          dnnl.dnnl_memory_create(memories[i], layout, engine, (Pointer) null), "a memory");
      arguments.position(i).arg(operand ? operands.get(i).argument() : dnnl.DNNL_ARG_SCRATCHPAD);
      arguments.position(i).memory(memories[i]);
    }
    arguments.position(0);
    for (dnnl_memory_desc descriptor : descriptors) {
      dnnl.dnnl_memory_desc_destroy(descriptor);
    }
    dnnl.dnnl_primitive_attr_destroy(attributes);
    dnnl.dnnl_primitive_desc_destroy(description);
  }

  private static dnnl_memory_desc chosenWeights(KernelSpec spec, dnnl_primitive_desc description) {
    if (!(spec instanceof KernelSpec.Matmul)) {
      return null;
    }
    dnnl_memory_desc copy = new dnnl_memory_desc();
    DnnlStatus.check(
        dnnl.dnnl_memory_desc_clone(
            copy, dnnl.dnnl_primitive_desc_query_md(description, dnnl.dnnl_query_weights_md, 0)),
        "the form of a weight");
    return copy;
  }

  private static dnnl_primitive_attr attributes(
      List<PostOp> postOps, dnnl_memory_desc[] descriptors, int firstCombined) {
    dnnl_primitive_attr attributes = new dnnl_primitive_attr();
    DnnlStatus.check(dnnl.dnnl_primitive_attr_create(attributes), "attributes");
    DnnlStatus.check(
        dnnl.dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl.dnnl_scratchpad_mode_user),
        "a scratchpad of the caller");
    DnnlStatus.check(
        dnnl.dnnl_primitive_attr_set_deterministic(attributes, 1), "deterministic results");
    dnnl_post_ops chain = new dnnl_post_ops();
    DnnlStatus.check(dnnl.dnnl_post_ops_create(chain), "post-operations");
    int combined = firstCombined;
    for (PostOp postOp : postOps) {
      if (postOp instanceof PostOp.Bias) {
        continue;
      }
      int status;
      if (postOp instanceof PostOp.Combine combine) {
        status =
            dnnl.dnnl_post_ops_append_binary(chain, combine.algorithm(), descriptors[combined++]);
      } else if (postOp instanceof PostOp.Scale scale) {
        status =
            dnnl.dnnl_post_ops_append_eltwise(chain, dnnl.dnnl_eltwise_linear, scale.alpha(), 0f);
      } else if (postOp instanceof PostOp.Function function) {
        status = dnnl.dnnl_post_ops_append_eltwise(chain, function.algorithm(), 0f, 0f);
      } else {
        status = dnnl.dnnl_post_ops_append_sum(chain, 1f, 0, dnnl.dnnl_data_type_undef);
      }
      DnnlStatus.check(status, "post-operation " + postOp);
    }
    DnnlStatus.check(dnnl.dnnl_primitive_attr_set_post_ops(attributes, chain), "post-operations");
    dnnl.dnnl_post_ops_destroy(chain);
    return attributes;
  }

  /** Bytes that {@link #run} needs at its scratch address. */
  long scratchBytes() {
    return scratchBytes;
  }

  /** For a product: the form of its second operand, valid until this is closed. */
  dnnl_memory_desc weights() {
    return weights;
  }

  /** Runs on operands at these addresses, in the order of the specification. */
  void run(dnnl_stream stream, Address address, long scratch, long[] operands) {
    for (int i = 0; i < memories.length; i++) {
      long wanted = i < operandCount ? operands[i] + starts[i] : scratch;
      if (addresses[i] != wanted) {
        dnnl.dnnl_memory_set_data_handle(memories[i], address.to(wanted));
        addresses[i] = wanted;
      }
    }
    int status = dnnl.dnnl_primitive_execute(primitive, stream, memories.length, arguments);
    if (status != dnnl.dnnl_success) {
      DnnlStatus.check(status, "running a primitive");
    }
  }

  @Override
  public void close() {
    dnnl.dnnl_primitive_destroy(primitive);
    for (dnnl_memory memory : memories) {
      dnnl.dnnl_memory_destroy(memory);
    }
    if (weights != null) {
      dnnl.dnnl_memory_desc_destroy(weights);
    }
    arguments.deallocate();
  }
}
