"""Names as they are given in the villages around Sre Ambel, in Khmer and as people write them in Latin letters."""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """One name in both scripts."""

    km: str
    latin: str


def _names(text: str) -> tuple[Name, ...]:
    words = text.split()
    return tuple(Name(km, latin) for km, latin in zip(words[::2], words[1::2], strict=True))


# The most frequent first: a few surnames are carried by most families.
FAMILY = _names("""
    សុខ Sok ចាន់ Chan ជា Chea កែវ Keo ហេង Heng លី Ly គឹម Kim មាស Meas សៅ Sao ប្រាក់ Prak ទេព Tep នួន Nuon ញ៉ែម Nhem
    ឈឹម Chhim ម៉ៅ Mao ប៉ែន Pen ផាន់ Phan ពៅ Pov យឹម Yim រស់ Ros សំ Sam សឿន Soeun អ៊ិន In អ៊ុក Ouk អ៊ុំ Um ឌុច Duch ឈុន Chhun
    ឈួន Chhuon ឈឿន Chhoeun ជុំ Chum ង៉ែត Nget ងួន Nguon ខៀវ Khiev គង់ Kong ឃុន Khun ឃួន Khuon កង Kang កៅ Kao ដួង Duong
    ទូច Touch ធុច Thuch ថោង Thong ណុប Nop តាន់ Tan ទិត្យ Tith ទុំ Tum ប៊ុន Bun ប៊ូ Bou ពេជ្រ Pich ព្រំ Prum ភួង Phuong មិន Min
    មួង Muong មាន Mean យិន Yin រិន Rin លឹម Lim លាង Leang ឡុង Long វ៉ាន់ Van វ៉ង់ Vong ស៊ុន Sun សួន Suon ស៊ុយ Suy សេង Seng
    ហួត Huot ហ៊ឹម Him ហាក់ Hak អ៊ុច Uch អឿន Oeun ឯក Ek ឯម Em អៀម Iem
""")

MEN = _names("""
    ដារ៉ា Dara សុផល Sophal វណ្ណៈ Vannak វុទ្ធី Vuthy វិចិត្រ Vichet រិទ្ធី Rithy រតនៈ Ratanak សំណាង Samnang សុវណ្ណ Sovann សារុន Sarun
    សារឿន Saroeun សារិន Sarin សុខា Sokha សុខុម Sokhom សុខន Sokhorn បូរ៉ា Bora បូរិន Borin ពិសិដ្ឋ Piseth ភារុណ Phearun
    ភារម្យ Phearom មករា Makara មុនី Mony ម៉ារ៉ា Mara រ៉ាឌី Rady រដ្ឋា Ratha វិសាល Visal វីរៈ Vireak សីហា Seiha សុទ្ធី Sothy
    សេរី Serey សុជាតិ Socheat សំអុល Samol សាវុធ Savuth សាវី Savy សុភ័ក្ត្រ Sopheak ឧត្តម Oudom ចន្ថា Chantha ចាន់ថន Chanthorn
    ចំរើន Chamroeun ច័ន្ទតារា Chandara ជីវ័ន Chivorn គឹមហេង Kimheng គឹមហុង Kimhong គឹមលាង Kimleang គឹមសាន Kimsan កុសល Kosal
    កក្កដា Kakada ប៊ុនធឿន Bunthoeun ប៊ុនថា Buntha ប៊ុនរិទ្ធ Bunrith ប៊ុនលី Bunly ប៊ុនណា Bunna ប៊ុនសុង Bunsong ថុនា Thona
    ធារ៉ា Theara ធារិទ្ធ Thearith ណារិទ្ធ Narith ណារ៉ុង Narong តុលា Tola នរិន្ទ Norin ពន្លក Ponlok ពន្លឺ Ponleu ផានិត Phanith
    ភិរម្យ Phirom មង្គល Mongkol មេសា Mesa យុទ្ធា Yutha លីហួរ Lyhour លីហេង Lyheng វ៉ាន់ថន Vanthorn វិបុល Vibol វុទ្ធា Vutha
    សម្បត្តិ Sambath សុគន្ធ Sokun សុផាត Sophat សុរិយា Soriya សុវត្ថិ Sovath អារុន Arun វិសិដ្ឋ Viseth រចនា Rachana សុខហេង Sokheng
    ធីរៈ Thirak ចាន់ណា Channa សុវណ្ណារ៉ា Sovannara
""")

WOMEN = _names("""
    ស្រីមុំ Sreymom ស្រីពៅ Sreypov ស្រីនាង Sreyneang ស្រីល័ក្ខ Sreyleak ស្រីណែត Sreynet ស្រីអូន Sreyoun ស្រីម៉ៅ Sreymao
    ស្រីរ័ត្ន Sreyroth ស្រីនិច Sreynich ស្រីពេជ្រ Sreypich ស្រីតូច Sreytouch ស្រីលីន Sreylin ចន្ធី Chanthy ចន្ថា Chantha
    ច័ន្ទបុប្ផា Chanbopha បុប្ផា Bopha ទេវី Tevy គន្ធា Kunthea កល្យាណ Kalyan កញ្ញា Kanha គឹមអៀង Kimeang គឹមសៀង Kimseang
    គឹមហួយ Kimhuoy ចរិយា Chariya ចាន់នី Channy ចិន្តា Chenda ណារី Nary ណាវី Navy ធារី Theary ធីតា Thida នារី Neary និមល Nimol
    ផល្លា Phalla ផល្លី Phally ផានី Phany ម៉ាលី Maly មាលា Mealea រចនា Rachana រតនា Ratana រស្មី Reaksmey រំដួល Rumduol រីណា Rina
    លក្ខិណា Leakhena លីដា Lyda លីណា Lina វណ្ណី Vanny វណ្ណា Vanna វាសនា Veasna វិច្ឆិកា Vicheka សម្ផស្ស Samphors សាវឿន Savoeun
    សារី Sary សុខនី Sokny សុខជា Sokchea សុខលី Sokly សុគន្ធា Sokunthea សុគន្ធី Sokunthy សុជាតា Socheata សុដាលីន Sodalin
    សុធារី Sotheary សុនីតា Sonita សុភា Sophea សុភាព Sopheap សុភី Sophy សុមាលី Somaly សុវណ្ណារី Sovannary សុវណ្ណី Sovanny
    ស៊ីណាត Sinat ស៊ីថា Sitha សោភ័ណ Sophorn ហួយ Huoy ដាលីស Dalis ដានី Dany ដាវី Davy ដាវីន Davin ម៉ារីណា Marina ឌីណា Dina
    ពិសី Pisey ពិដោរ Pidor ចាន់ធូ Chanthou មុន្នី Monny ណាលីន Nalin
""")

# What grandparents are called: short names that hardly anyone gives today.
OLD_MEN = _names("""
    ផុន Phon ជួន Chuon ឡុង Long អ៊ុន Un ម៉ុក Mok ភន Phorn យ៉ែម Yem ខេន Khen ហន Horn សុន Son ភឿន Phoeun ញ៉ Nhor ឆាយ Chhay
    ស្រ៊ុន Srun ទុយ Tuy
""")
OLD_WOMEN = _names("""
    មុំ Mom យ៉េន Yen នីម Nim អៀង Eang ហួន Huon សៀន Sean លន Lorn ភី Phy យ៉ុន Yun ណេង Neng ម៉ី Mey ចិន Chen ឡេង Leng
    ធឿន Thoeun ស៊ីម Sim
""")
