"""Language models that neither PyTorch nor transformers ships as classes, as PyTorch's examples write them: what
make_language_fixtures.py compares orrery.models with.
"""

import torch
from torch import nn


class LstmLanguageModel(nn.Module):
    """examples/word_language_model, with the batch first and scores instead of their logarithms."""

    def __init__(self, tokens, features, hidden, layers):
        super().__init__()
        self.encoder = nn.Embedding(tokens, features)
        self.rnn = nn.LSTM(features, hidden, layers, batch_first=True)
        self.decoder = nn.Linear(hidden, tokens)

    def forward(self, x):
        return self.decoder(self.rnn(self.encoder(x))[0])


class Encoder(nn.Module):
    def __init__(self, tokens, hidden):
        super().__init__()
        self.embedding = nn.Embedding(tokens, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)

    def forward(self, x):
        return self.gru(self.embedding(x))


class BahdanauAttention(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.Wa = nn.Linear(hidden, hidden)
        self.Ua = nn.Linear(hidden, hidden)
        self.Va = nn.Linear(hidden, 1)

    def forward(self, query, keys):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys)))
        return torch.bmm(torch.softmax(scores.squeeze(2).unsqueeze(1), -1), keys)


class Decoder(nn.Module):
    def __init__(self, tokens, hidden):
        super().__init__()
        self.embedding = nn.Embedding(tokens, hidden)
        self.attention = BahdanauAttention(hidden)
        self.gru = nn.GRU(2 * hidden, hidden, batch_first=True)
        self.out = nn.Linear(hidden, tokens)

    def forward(self, x, keys, hidden):
        steps = []
        for at in range(x.shape[1]):
            context = self.attention(hidden.permute(1, 0, 2), keys)
            output, hidden = self.gru(torch.cat([self.embedding(x[:, at:at + 1]), context], 2), hidden)
            steps.append(self.out(output))
        return torch.cat(steps, 1)


class Seq2Seq(nn.Module):
    """The tutorial seq2seq_translation_tutorial, taught all of the target."""

    def __init__(self, source_tokens, target_tokens, hidden):
        super().__init__()
        self.encoder = Encoder(source_tokens, hidden)
        self.decoder = Decoder(target_tokens, hidden)

    def forward(self, source, target):
        return self.decoder(target, *self.encoder(source))


class Vae(nn.Module):
    """examples/vae."""

    def __init__(self, features, hidden, code):
        super().__init__()
        self.fc1 = nn.Linear(features, hidden)
        self.fc21 = nn.Linear(hidden, code)
        self.fc22 = nn.Linear(hidden, code)
        self.fc3 = nn.Linear(code, hidden)
        self.fc4 = nn.Linear(hidden, features)

    def forward(self, x):
        h = torch.relu(self.fc1(x))
        mean, log_variance = self.fc21(h), self.fc22(h)
        code = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        return torch.sigmoid(self.fc4(torch.relu(self.fc3(code)))), mean, log_variance
