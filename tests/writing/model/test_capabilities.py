"""What a server refuses is read out of its words, and asked for no more."""

from __future__ import annotations

import pytest

from core.article.article import Article
from core.writing.model.capabilities import Capabilities, said_in
from tests.support.questions import question_about

QUESTION = question_about(article=Article(text="The ferry to the island runs again from May. " * 20))
ASKED = 8_000
USED = 1_200  # tokens of the question
FEW = 4_096


def without_refused(said: str) -> Capabilities:
    return Capabilities().without_refused(said, QUESTION) or Capabilities()


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("This model does not support response format `json_schema`.", id="groq"),
        pytest.param("Failed to validate JSON. code json_validate_failed", id="groq-answer"),
        pytest.param(
            "Invalid parameter: 'response_format' of type 'json_schema' is not supported", id="openai"
        ),
        pytest.param(
            "response_format value as json_schema is enabled only for api versions 2024", id="azure"
        ),
        pytest.param("This response_format type is unavailable now", id="deepseek"),
        pytest.param("'response_format.type' must be 'json_schema' or 'text'", id="lm-studio"),
        pytest.param("cannot unmarshal object into Go struct field Request.response_format", id="ollama"),
        pytest.param('Unknown name "additionalProperties" at generation_config.response_schema', id="gemini"),
        pytest.param("Structured output is not supported for this model", id="structured-output"),
        pytest.param("JSON mode is not enabled for this model", id="json-mode"),
        pytest.param("failed to parse grammar", id="llama.cpp"),
        pytest.param("guided_json: xgrammar does not support this", id="vllm"),
    ],
)
def test_a_schema_that_is_refused_is_left_out(said: str) -> None:
    assert without_refused(said) == Capabilities(schema=False)


@pytest.mark.parametrize(
    "said",
    [
        "Unrecognized request argument supplied: max_completion_tokens",
        "body.max_completion_tokens extra_forbidden Extra inputs are not permitted",
        'Invalid JSON payload received. Unknown name "max_completion_tokens": Cannot find field.',
        "max_completion_tokens: unexpected property (request 4711)",
        "max_tokens is required",
    ],
)
def test_a_server_that_does_not_know_the_new_field_gets_the_old_one(said: str) -> None:
    assert without_refused(said) == Capabilities(tokens_field="max_tokens")


def test_a_server_that_knows_only_the_new_field_gets_it() -> None:
    said = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
    assert Capabilities(tokens_field="max_tokens").without_refused(said, QUESTION) == Capabilities()


@pytest.mark.parametrize(
    "said",
    [
        "System role not supported",
        "Developer instruction is not enabled for models/gemma-3-27b-it",
        "Conversation roles must alternate user/assistant/user/assistant/...",
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        'messages: Unexpected role "system".',
        "Only user and assistant roles are supported!",
        "chat template rejected the request: Unexpected message role.",
        "System messages are not supported by this model",
        "This model doesn't support system prompts",
        "The first message must have the role user",
    ],
)
def test_where_there_is_no_system_role_the_rules_stand_before_the_source(said: str) -> None:
    capabilities = without_refused(said)
    assert capabilities == Capabilities(system_role=False)
    rules, source = (message["content"] for message in QUESTION.messages)
    assert capabilities.options(QUESTION)["messages"] == [{"role": "user", "content": f"{rules}\n\n{source}"}]


@pytest.mark.parametrize(
    "said",
    [
        "max_tokens is too large: 8000. This model supports at most 4096 completion tokens.",
        "`max_tokens` must be less than or equal to `4096`, the maximum value for this model",
        "Invalid max_tokens value, the valid range of max_tokens is [1, 4096]",
        "max_completion_tokens must be between 1 and 4,096",
        "max_tokens: 8000 > 4096, which is the maximum allowed number of output tokens for x-20240307",
        "The maximum tokens you requested exceeds the model limit of 4096.",
        "It has a maxOutputTokens value of 8000 but the range is 1 (inclusive) to 4097 (exclusive).",
        "More credits, or fewer max_tokens: you requested up to 8000 tokens, but can only afford 4096.",
    ],
)
def test_the_limit_of_an_answer_is_kept(said: str) -> None:
    assert FEW - 2 < without_refused(said).answer_tokens(QUESTION) <= FEW


@pytest.mark.parametrize(
    "said",
    [
        "context length is 8192 tokens, you requested 9200 (1200 in the messages, 8000 after it)",
        "context length is 8192 tokens and your request has 1200 input tokens (8000 > 8192 - 1200)",
        "`inputs` tokens + `max_new_tokens` must be <= 8192. Given: 1200 `inputs` tokens",
        "input length and `max_tokens` exceed context limit: 1200 + 8000 > 8192",
        "maximum context length is 8,192 tokens, you requested about 9,200 (1,200 of text input)",
        "maximum context length of 8192 tokens. You requested a total of 9200 tokens: 1200 from the input",
        "Request too large on tokens per minute (TPM): Limit 8192, Requested 9200, please reduce it",
        "Input token count (1200) plus max tokens 8000 exceeds context window 8192",
        "inputs (1200) + max_tokens (8000) must be <= 8192",
        "exceed_context_size_error n_prompt_tokens 1200 n_ctx 8192",
        "Please reduce the messages. Current length is 9200 while limit is 8192 context_length_exceeded",
        "Your request exceeded model token limit: 8192 (requested: 9200)",
        "The prompt is 1200 tokens long, and the maximum supported sequence length is just 8192!",
    ],
)
def test_question_and_answer_stay_within_the_context(said: str) -> None:
    tokens = without_refused(said).answer_tokens(QUESTION)
    assert 8_192 - USED - 100 < tokens < 8_192 - USED


@pytest.mark.parametrize(
    "said",
    [
        "This model's maximum context length is 8192 tokens. Please reduce the length of the messages.",
        "the request exceeds the available context size (8192 tokens), try increasing it",
        "maximum context length is 8192 tokens, your prompt contains at least 1 input tokens",
    ],
)
def test_where_the_length_of_the_question_is_not_said_it_is_guessed_and_then_bounded(said: str) -> None:
    guessed = without_refused(said)
    bounded = guessed.without_refused(said, QUESTION)
    assert bounded is not None
    assert bounded.answer_tokens(QUESTION) < guessed.answer_tokens(QUESTION) < 8_192 - USED
    assert bounded.without_refused(said, QUESTION) is None


def test_a_shorter_question_leaves_more_for_the_answer() -> None:
    said = "context length is 8192 tokens, you requested 9200 (1200 in the messages)"
    short = question_about(article=Article(text="The ferry runs."))
    assert without_refused(said).answer_tokens(short) > without_refused(said).answer_tokens(QUESTION)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("", id="nothing"),
        pytest.param("Bad Request", id="no-name"),
        pytest.param("The model `x-8192` does not exist", id="model"),
        pytest.param(
            "context length is 8192 tokens; 9575 in the messages",
            id="question-too-long",
        ),
        pytest.param(
            "Prompt contains 40000 tokens, more than 32768 maximum context",
            id="mistral-too-long",
        ),
        pytest.param(
            "maximum context length is 8192 tokens. However, your messages resulted in 9575 tokens.",
            id="openai-too-long",
        ),
        pytest.param("TPM: Limit 6000, Used 5800, Requested 900. Please try again in 7s.", id="rate-limit"),
    ],
)
def test_words_that_name_no_parameter_change_nothing(said: str) -> None:
    assert Capabilities().without_refused(said, QUESTION) is None


def test_all_that_is_named_changes_at_once() -> None:
    said = said_in(
        {
            "detail": [
                {
                    "loc": ["body", "response_format"],
                    "msg": "Extra inputs are not permitted",
                    "input": {"a": "role"},
                },
                {
                    "loc": ["body", "max_completion_tokens"],
                    "msg": "Extra inputs are not permitted",
                    "input": 8000,
                },
            ]
        }
    )
    assert without_refused(said) == Capabilities(schema=False, tokens_field="max_tokens")


@pytest.mark.parametrize("body", [None, "text", 7, [], [[[[]]]], {"error": {"code": 400, "a": {"b": None}}}])
def test_an_error_of_any_shape_is_words(body: object) -> None:
    assert len(said_in(body)) < 100
