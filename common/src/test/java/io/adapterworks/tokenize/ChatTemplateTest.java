package io.adapterworks.tokenize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.curate.conversation.ChatMessage;
import io.adapterworks.error.AdapterworksException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChatTemplateTest {
  private static final List<ChatMessage> TALK =
      List.of(
          new ChatMessage(ChatMessage.Role.SYSTEM, "Be brief."),
          new ChatMessage(ChatMessage.Role.USER, " Hi! "),
          new ChatMessage(ChatMessage.Role.ASSISTANT, "Hello."));

  private static final Map<String, String> TOKENS = Map.of("bos_token", "<s>", "eos_token", "</s>");

  private static String render(String template) {
    return ChatTemplate.parse(template, TOKENS, "tokenizer_config.json").render(TALK);
  }

  @Test
  void turnsInTheStyleOfLlama3() {
    String template =
        "{% set loop_messages = messages %}{% for message in loop_messages %}"
            + "{% set content = '<|start_header_id|>' + message['role'] +"
            + " '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' %}"
            + "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}"
            + "{{ content }}{% endfor %}{% if add_generation_prompt %}"
            + "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}";
    ChatTemplate chat = ChatTemplate.parse(template, TOKENS, "tokenizer_config.json");
    String system = "<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>";
    String user = "<|start_header_id|>user<|end_header_id|>\n\nHi!<|eot_id|>";
    String opening = "<|start_header_id|>assistant<|end_header_id|>\n\n";
    assertEquals(system + user + opening + "Hello.<|eot_id|>", chat.render(TALK));
    assertEquals(system + user + opening, chat.renderPrompt(TALK.subList(0, 2)));
  }

  @Test
  void turnsInTheStyleOfChatMl() {
    String template =
        """
        {%- if messages[0].role == 'system' %}
            {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
        {%- else %}
            {{- '<|im_start|>system\\nYou are helpful.<|im_end|>\\n' }}
        {%- endif %}
        {%- set ns = namespace(count=0, last=messages|length - 1) %}
        {%- for message in messages[1:] %}
            {%- set ns.count = ns.count + 1 %}
            {%- if (message.role == "user") or (message.role == "assistant" and not message.tool_calls) %}
                {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
            {%- endif %}
        {%- endfor %}
        {{- ns.count ~ '/' ~ ns.last }}
        """;
    assertEquals(
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n Hi! <|im_end|>\n"
            + "<|im_start|>assistant\nHello.<|im_end|>\n2/2",
        render(template));
  }

  @Test
  void turnsInTheStyleOfMistral() {
    String template =
        "{%- if messages[0]['role'] == 'system' %}{%- set system_message = messages[0]['content']"
            + " %}{%- set loop_messages = messages[1:] %}{%- else %}{%- set loop_messages ="
            + " messages %}{%- endif %}{{- bos_token }}{%- for message in loop_messages %}"
            + "{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
            + "{{- raise_exception('roles must alternate') }}{%- endif %}"
            + "{%- if message['role'] == 'user' %}{%- if loop.first and system_message is defined"
            + " %}{{- ' [INST] ' + system_message + '\\n\\n' + message['content'] + ' [/INST]' }}"
            + "{%- else %}{{- ' [INST] ' + message['content'] + ' [/INST]' }}{%- endif %}"
            + "{%- elif message['role'] == 'assistant' %}{{- ' ' + message['content'] + eos_token}}"
            + "{%- endif %}{%- endfor %}";
    assertEquals("<s> [INST] Be brief.\n\n Hi!  [/INST] Hello.</s>", render(template));
    ChatTemplate chat = ChatTemplate.parse(template, TOKENS, "tokenizer_config.json");
    AdapterworksException e =
        assertThrows(
            AdapterworksException.class, () -> chat.render(List.of(TALK.get(2), TALK.get(1))));
    assertEquals(
        "tokenizer_config.json: the chat template failed: roles must alternate", e.getMessage());
  }

  @Test
  void theLanguageOfTemplates() {
    assertEquals(
        "3 cab True x None",
        render(
            "{{ 'abc'|length }} {{ 'abc'[2] + 'abc'[:2] }}"
                + " {{ 'b' in 'abc' and not false }} {{ missing | default('x') }} {{ none }}"));
    assertEquals("{\"a\": [1, 2.5, \"é\\n\"]}", render("{{ {'a': [1, 2.5, 'é\\n']} | tojson }}"));
    assertEquals(
        "Hi|HELLO",
        render(
            "{{ messages[1].content.strip().split('!')[0] }}"
                + "|{{ messages[-1].content.rstrip('.')|upper }}"));
    assertEquals(
        "[b=2][a=1]",
        render(
            "{% macro box(name, value=1) %}[{{ name }}={{ value }}]"
                + "{% endmacro %}{{ box('b', value=2) }}{{ box('a') }}"));
    assertEquals(
        "0,2,",
        render(
            "{% for i in range(9) if i is even %}{% if i > 3 %}{% break %}"
                + "{% endif %}{{ i }},{% endfor %}"));
    assertEquals("a\nb", render("{% if true %}\na\n  {% endif %}\nb\n"));
    assertEquals(
        "yes",
        render(
            "{{ 'yes' if messages|selectattr('role', 'equalto', 'user')|list" + " else 'no' }}"));
  }

  @Test
  void whatIsNotSupportedIsNamed() {
    AdapterworksException e =
        assertThrows(AdapterworksException.class, () -> render("{% include 'other' %}"));
    assertEquals(
        "tokenizer_config.json: the chat template failed: the statement 'include' is not supported",
        e.getMessage());
    assertEquals(
        "tokenizer_config.json: the chat template failed: the filter 'xyz' is not supported",
        assertThrows(AdapterworksException.class, () -> render("{{ 1 | xyz }}")).getMessage());
  }

  @Test
  void theSameRowsGiveTheSameTextOnAnyDay() {
    assertEquals("26 Jul 2024", render("{{ strftime_now('%d %b %Y') }}"));
    assertEquals(
        "tokenizer_config.json: the chat template failed: strftime_now takes %d, %b, %B, %m and %Y,"
            + " not %H:%M",
        assertThrows(AdapterworksException.class, () -> render("{{ strftime_now('%H:%M') }}"))
            .getMessage());
  }

  @Test
  void aModelWithoutATemplateGetsHeadings() {
    assertEquals(
        "<s>Be brief.\n\n### Instruction:\n Hi! \n\n### Response:\nHello.</s>\n\n",
        ChatTemplate.plain(TOKENS).render(TALK));
    assertEquals(
        "<s>Be brief.\n\n### Instruction:\n Hi! \n\n### Response:\n",
        ChatTemplate.plain(TOKENS).renderPrompt(TALK.subList(0, 2)));
  }
}
